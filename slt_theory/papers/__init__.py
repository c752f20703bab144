"""One module a paper: what it claims, its reference, its algorithm, and the checks of all that.

The engines know no paper. `trained` holds the systems that are trained: claims about pruning and
training, each with the arms of its experiment.
"""
