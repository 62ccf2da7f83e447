"""Measurements of Scrip beside plain baselines on the same server; `make bench` runs them.

Each benchmark is a module with `measure(bench)`, listed in catalogue.py. Not part of the product.
"""
