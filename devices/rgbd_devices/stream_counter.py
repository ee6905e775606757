"""The running count of one stream."""

from dataclasses import dataclass

from rgbd_seg.devices import StreamCounts


@dataclass
class StreamCounter:
    """The counts of `StreamCounts` while they grow; only the camera's thread writes."""

    received: int = 0
    paired: int = 0
    unpaired: int = 0
    duplicates: int = 0
    disordered: int = 0
    malformed: int = 0
    missed: int = 0

    def counts(self) -> StreamCounts:
        """The counts now."""
        kept = self.paired + self.unpaired + self.duplicates + self.disordered + self.malformed
        return StreamCounts(
            received=self.received,
            paired=self.paired,
            unpaired=self.unpaired,
            duplicates=self.duplicates,
            disordered=self.disordered,
            malformed=self.malformed,
            waiting=self.received - kept,
            missed=self.missed,
        )
