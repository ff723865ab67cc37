"""Labelling played through where every label is known: what choosing texts would have been worth.

By a person who is made up and the real commands (`person`, `rounds`, `truth`, `worth`), and as a
study on the labelled texts of a file (`replay`, `replayed`, `replay_words`).
"""
