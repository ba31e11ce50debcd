"""Three replicas under kills, locks and purges for some seconds: no link works twice, none after it
was revoked. The long run is ops/bench/chaos."""

import sys
from pathlib import Path

import pytest
from chaos_report import report
from chaos_run import ChaosRun
from cluster import Cluster
from database import make_template
from faulty_sink import FaultySink
from installation import Installation, migrate_and_grant


@pytest.mark.long
@pytest.mark.timeout(300)
def test_no_link_works_twice_or_after_it_was_revoked_whatever_fails(
    tmp_path: Path, own_cluster: Cluster, sink: FaultySink
):
    database = make_template(own_cluster.url, migrate_and_grant)
    rekey = Installation(tmp_path, database, sink)
    run = None
    try:
        run = ChaosRun(rekey, own_cluster, sink, people=8, seed=1)
        run.run(15, progress=lambda line: print(line, file=sys.stderr))
        report(run)
        assert run.history.violations == []
        assert run.judge.judged >= 100
    finally:
        rekey.close()
        if run is not None:
            run.close()
