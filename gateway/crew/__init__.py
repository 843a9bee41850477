"""The page of the foreman's link, for somebody who has no account: one case, answered once."""
