"""
Alerts: somebody hears of it when something has not been well for too long, and when it is again.
"""

from smscore.services.alerting._alerting import ActiveAlert, Alerting

__all__ = ["ActiveAlert", "Alerting"]
