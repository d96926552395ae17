"""chainrule: back-propagation as a product of local Jacobians.

The library keeps every factor of that product as a structured linear map; reading, checking and
running are three uses of it.
"""

__version__ = "0.1.0"
