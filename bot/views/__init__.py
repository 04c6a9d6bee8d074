"""What people see in Slack: pure functions from record to blocks.  No text from a person reaches mrkdwn unescaped."""
