"""The wider field: neighbouring lottery-ticket systems, each with a claim that can be checked.

`systems` holds the algorithms, one file each, on the training primitives of
`slt_theory.torch.train`; `experiments` puts their claims to the test. The claims themselves stand
in the catalogue, `slt_theory.theorems.claims`.
"""
