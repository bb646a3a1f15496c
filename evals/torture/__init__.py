"""Kill runs and races: nothing may be lost, doubled or unapproved, whichever door is used.

A process plays a scenario on the real graph, or serves it as the endpoint does, and kills itself at a named write
point. The driver starts another one, and the client goes on: same message ids, same decisions. At the end the log, the
cache, the tables and what reached the outside are compared with each other and with an undisturbed run.

The races are known failures of agent runtimes, played over processes of ours and of plain LangGraph.
"""
