"""How far rounding carries through a step: intervals, mean values, the tighter of both."""
