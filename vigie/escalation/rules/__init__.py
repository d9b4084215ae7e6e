"""Pure decisions of escalation: when a step is reached, which steps fire, what is at stake."""
