"""Random faults for some seconds, with a checker that knows what was acknowledged and mailed. The
long run is ops/bench/faults."""

import sys
from pathlib import Path

import pytest
from cluster import Cluster
from database import make_template
from fault_report import report
from fault_run import FaultRun
from faulty_sink import FaultySink
from installation import Installation, migrate_and_grant


@pytest.mark.long
@pytest.mark.timeout(300)
def test_under_random_faults_nothing_is_lost_and_each_duplicate_has_its_fault(
    tmp_path: Path, own_cluster: Cluster, sink: FaultySink
):
    database = make_template(own_cluster.url, migrate_and_grant)
    rekey = Installation(tmp_path, database, sink)
    try:
        run = FaultRun(rekey, own_cluster, sink, seed=1)
        verdict = run.run(faults=15, seconds=16, progress=lambda line: print(line, file=sys.stderr))
        report(run, verdict)
        assert verdict.violations == []
        assert verdict.ends["sent"] >= 50
        assert sum(run.done.values()) == 15
    finally:
        rekey.close()
