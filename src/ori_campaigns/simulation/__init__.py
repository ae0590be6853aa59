"""Whole campaigns in virtual time: what a campaign would do, in seconds, without a carrier."""

from ori_campaigns.simulation.driving import drive
from ori_campaigns.simulation.rehearsal import Rehearsal, Snapshot, simulate, snapshot

__all__ = ["Rehearsal", "Snapshot", "drive", "simulate", "snapshot"]
