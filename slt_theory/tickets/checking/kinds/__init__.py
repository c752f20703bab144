"""One class a kind of block: shapes, links, effective weights, forward pass, memory."""
