"""Programs for making the data of the package anew; not installed."""
