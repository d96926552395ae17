"""Views: each makes an explanation out of what is asked for."""
