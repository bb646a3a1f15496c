"""Kill runs: processes die by SIGKILL at every write point, and nothing may be lost or doubled.

A worker plays a scenario on the real graph and kills itself at a named write point. The driver
starts another one, which goes on as a client would: same message ids, same decisions. At the end
the log, the cache, the tables and what reached the outside are compared with each other and with
an undisturbed run.
"""
