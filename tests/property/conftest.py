"""How hard the properties are tried: the same examples on every run, so that a failure is found again."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "scrip",
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("scrip")
