"""Nothing is lost: backups, restoring them, and moving a clinic to another database."""
