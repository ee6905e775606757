"""One process or several, as torchrun says."""

import os
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process among those that train together."""

    rank: int
    count: int
    device: torch.device

    @staticmethod
    def joined() -> "Processes":
        """The group that torchrun's environment describes, or this process alone. A GPU is used if there is one."""
        count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        local = int(os.environ.get("LOCAL_RANK", "0"))
        device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
        if count > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return Processes(rank=rank, count=count, device=device)

    @property
    def is_first(self) -> bool:
        """True for the one that writes files."""
        return self.rank == 0

    def wrapped(self, module: nn.Module) -> nn.Module:
        """``module`` with gradients shared among all."""
        return DistributedDataParallel(module) if self.count > 1 else module
