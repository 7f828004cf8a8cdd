"""What the maintenance contract asks for, as pure rules: calendars, clocks, work orders, re-tests."""
