"""Your own texts: what to label next, out of a file and back into one."""

from alutils.labelling.pile import Pile
from alutils.labelling.proposal import Proposal, propose
from alutils.labelling.reading import read_pile

__all__ = ["Pile", "Proposal", "propose", "read_pile"]
