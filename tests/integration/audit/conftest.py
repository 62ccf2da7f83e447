"""What the audit log's tests share."""

from tests.sequenced_log import connection

__all__ = ["connection"]
