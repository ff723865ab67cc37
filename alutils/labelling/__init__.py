"""Your own texts: what to label next, out of a file and back into one."""

from alutils.labelling.pile import Pile, read_pile
from alutils.labelling.proposal import Proposal, propose

__all__ = ["Pile", "Proposal", "propose", "read_pile"]
