"""A fleet of sites over years, as daily values: wear, seasons, weather, repairs, storms, gaps, healthy twins.

For accuracy only: no protocol, no agent. `plan` holds every parameter, `world` makes the values.
"""
