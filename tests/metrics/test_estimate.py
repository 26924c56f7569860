import copy
import pickle

from kgan.metrics import Estimate


def test_a_float_that_keeps_and_prints_its_error():
    value = Estimate(7.312, 0.0523)
    assert value * 2 == 14.624 and str(value) == "7.312 ± 0.052" and str(Estimate(2.0)) == "2"
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value)):
        assert (again, again.error) == (7.312, 0.0523)
