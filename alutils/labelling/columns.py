"""Names of the columns that stand beside yours."""

from alutils.exchange.records import BATCH as BATCH  # the batch it was chosen in, from 1

ROW = "al_row"  # number of the row, where the file has no ids
GUESS = "al_guess"  # the likeliest class, as far as the labels in hand tell
CONFIDENCE = "al_confidence"  # probability of the guess
WHY = "al_why"
AUDIT = "al_audit"  # "yes" if drawn at random, to estimate accuracy
SKIP = "al_skip"  # for people: anything here, and the text is not proposed again

LABEL = "al_label"  # of predictions: the label that a person gave, or the likeliest class
GIVEN = "al_given"  # of predictions: "yes" where a person gave the label

OURS = (ROW, BATCH, GUESS, CONFIDENCE, WHY, AUDIT, SKIP, LABEL, GIVEN)
