"""Pairs are of one moment, everything else is counted, and the clocks are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_devices.images import ColorImage, DepthImage, RecordedPair
from rgbd_devices.pairing import Pairer
from rgbd_devices.stream_counter import StreamCounter
from rgbd_devices.synchronisation import Synchronisation
from rgbd_seg.frames import Timestamp

PERIOD = 1 / 30
COLOR, DEPTH = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint16)


def color(taken: float, number: int, arrival: float | None = None) -> ColorImage:
    stamp, arrived = round(taken * 1e9), round((taken if arrival is None else arrival) * 1e9)
    return ColorImage(color=COLOR, timestamp=Timestamp(stamp), sequence=number, arrival=Timestamp(arrived))


def depth(taken: float, number: int, arrival: float | None = None) -> DepthImage:
    stamp, arrived = round(taken * 1e9), round((taken if arrival is None else arrival) * 1e9)
    return DepthImage(raw_depth=DEPTH, timestamp=Timestamp(stamp), sequence=number, arrival=Timestamp(arrived))


def pairer(*, trusted: bool = True, max_difference: float = PERIOD / 2) -> tuple[Pairer, StreamCounter, StreamCounter]:
    counters = StreamCounter(), StreamCounter()
    return Pairer(*counters, Synchronisation(trusted=trusted), max_difference=max_difference), *counters


@settings(max_examples=50, deadline=None)
@given(
    lost=st.sets(st.tuples(st.sampled_from("cd"), st.integers(0, 59)), max_size=40),
    repeated=st.sets(st.tuples(st.sampled_from("cd"), st.integers(0, 59)), max_size=10),
    late=st.sets(st.integers(0, 59), max_size=10),
    phase=st.floats(-0.4, 0.4),
    seed=st.integers(0, 99),
)
def test_no_wrong_pair_and_nothing_uncounted(lost, repeated, late, phase, seed):
    rng = np.random.default_rng(seed)
    events = []
    for number in range(60):
        for stream, make, shift in (("c", color, 0.0), ("d", depth, phase * PERIOD)):
            if (stream, number) in lost:
                continue
            taken = number * PERIOD + shift + 1
            delay = 0.3 if stream == "d" and number in late else rng.exponential(0.003)
            events += [(taken + delay, make(taken, number))] * (1 + ((stream, number) in repeated))
    machine, colors, depths = pairer()
    pairs = [pair for _, image in sorted(events, key=lambda event: event[0]) for pair in machine.add(image)]
    machine.close()
    assert all(a.sequence == b.sequence for a, b in pairs)
    for counter, stream in ((colors, "c"), (depths, "d")):
        counts = counter.counts()
        assert counts.received == sum(isinstance(i, ColorImage) == (stream == "c") for _, i in events)
        assert counts.waiting == 0
        assert counts.paired == len(pairs)
        assert counts.received == (
            counts.paired + counts.unpaired + counts.duplicates + counts.disordered + counts.malformed
        )


def test_every_picture_of_perfect_streams_is_paired():
    machine, colors, depths = pairer()
    for number in range(100):
        machine.add(color(number * PERIOD, number))
        assert len(machine.add(depth(number * PERIOD + 0.004, number))) == 1
    assert (colors.paired, depths.paired) == (100, 100)
    assert colors.unpaired == depths.unpaired == colors.missed == 0


def test_a_partner_beyond_the_limit_is_dropped_and_counted():
    machine, colors, depths = pairer(max_difference=0.005)
    assert machine.add(color(1.0, 0)) == []
    assert machine.add(depth(1.006, 0)) == []
    machine.close()
    assert colors.unpaired == 1
    assert depths.unpaired == 1


def test_the_nearer_of_two_candidates_is_chosen_even_with_a_wide_limit():
    machine, _, _ = pairer(max_difference=1.0)
    machine.add(color(1.000, 0))
    machine.add(color(1.033, 1))
    ((first, second),) = machine.add(depth(1.034, 1))
    assert (first.sequence, second.sequence) == (1, 1)


def test_a_stream_without_partner_does_not_pile_up():
    machine, colors, _ = pairer()
    for number in range(1000):
        machine.add(color(number * PERIOD, number))
    assert colors.counts().waiting < 10


def test_a_gap_in_the_sequence_is_counted_as_missed():
    machine, colors, _ = pairer()
    for number in (0, 1, 5, 6):
        machine.add(color(number * PERIOD, number))
    assert colors.missed == 3


def run_clocks(
    *, seconds: float, drift_ppm: float, offset: float, trusted: bool, jitter: float = 0.002, seed: int = 0
) -> tuple[Synchronisation, list]:
    rng = np.random.default_rng(seed)
    synchronisation, counters = Synchronisation(trusted=trusted), (StreamCounter(), StreamCounter())
    machine = Pairer(*counters, synchronisation, max_difference=PERIOD / 2)
    pairs = []
    for number in range(round(seconds * 30)):
        taken = number * PERIOD
        pairs += machine.add(color(taken, number, taken + 0.004 + rng.exponential(jitter)))
        stamp = taken * (1 + drift_ppm * 1e-6) + offset
        pairs += machine.add(depth(stamp, number, taken + 0.004 + rng.exponential(jitter)))
    return synchronisation, pairs


@pytest.mark.parametrize("drift", [150.0, -150.0, 0.0])
@pytest.mark.parametrize("seed", range(3))
def test_drift_and_offset_are_found_within_a_minute(drift, seed):
    synchronisation, _ = run_clocks(seconds=60, drift_ppm=drift, offset=0.040, trusted=False, seed=seed)
    report = synchronisation.report()
    assert abs(report.drift_ppm - drift) < 5
    assert abs(report.offset - (0.040 + drift * 1e-6 * report.seconds)) < 0.001


@pytest.mark.parametrize("offset", [0.040, -3.0, 1000.0])
def test_measured_clocks_pair_rightly_from_the_first_frames_whatever_their_offset(offset):
    _, pairs = run_clocks(seconds=20, drift_ppm=150, offset=offset, trusted=False)
    assert len(pairs) > 590
    assert all(a.sequence == b.sequence for a, b in pairs)


def test_a_drift_behind_one_clocks_name_never_leads_to_a_wrong_pair():
    """Ten minutes at 150 ppm are 90 ms: almost three frames."""
    synchronisation, pairs = run_clocks(seconds=600, drift_ppm=150, offset=0.0, trusted=True)
    assert synchronisation.report().corrected
    assert len(pairs) > 17_900
    assert all(a.sequence == b.sequence for a, b in pairs)


def test_trusted_clocks_are_left_alone_when_only_the_transport_differs():
    """Colour that is decoded for 20 ms arrives later; its stamps are right all the same."""
    rng = np.random.default_rng(0)
    machine, _, _ = pairer()
    pairs = []
    for number in range(1200):
        taken = number * PERIOD
        pairs += machine.add(depth(taken, number, taken + 0.004 + rng.exponential(0.002)))
        pairs += machine.add(color(taken, number, taken + 0.024 + rng.exponential(0.002)))
    assert len(pairs) == 1200
    assert all(a.sequence == b.sequence for a, b in pairs)


def test_a_recorded_pair_stays_one_and_half_a_pair_is_none():
    machine, colors, depths = pairer()
    for number, malformed in ((5, (False, False)), (6, (False, True)), (2, (False, False)), (2, (False, False))):
        recorded = RecordedPair(color=color(number * PERIOD, number), depth=depth(number * PERIOD + 1, number))
        pairs = machine.add_recorded(recorded, malformed=malformed)
        assert pairs == ([] if any(malformed) else [recorded.images])
    assert (colors.paired, colors.unpaired, colors.disordered, colors.duplicates) == (3, 1, 0, 0)
    assert (depths.paired, depths.malformed, depths.counts().waiting) == (3, 1, 0)


def test_repeated_and_late_pictures_are_counted_as_such():
    machine, colors, depths = pairer()
    for number in (0, 1, 1, 2, 0, 3):
        machine.add(color(number * PERIOD, number))
        machine.add(depth(number * PERIOD, number))
    for counter in (colors, depths):
        assert (counter.paired, counter.duplicates, counter.disordered, counter.missed) == (4, 1, 1, 0)
