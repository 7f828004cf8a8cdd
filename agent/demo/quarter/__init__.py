"""`siteward demo --story`: a quarter of a site at high speed, and the folder of reports its customer gets."""
