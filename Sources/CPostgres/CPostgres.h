#ifndef CPOSTGRES_H
#define CPOSTGRES_H

#include <libpq-fe.h>

// The PG_DIAG_ codes are character macros, which Swift does not import: one typed function each.

static inline const char *CPostgresSQLState(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

static inline const char *CPostgresPrimaryMessage(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

// Not translated, unlike PG_DIAG_SEVERITY.
static inline const char *CPostgresSeverity(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}

static inline const char *CPostgresConstraint(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

static inline const char *CPostgresStatementPosition(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
}

static inline const char *CPostgresSourceFunction(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
}

#endif
