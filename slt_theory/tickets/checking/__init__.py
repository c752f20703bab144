"""The independent check of a ticket, from seed, masks and target alone; it knows no builder."""
