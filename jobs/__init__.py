"""One job system: a table of jobs, one queue, one process per job. It knows no stage; a kind is ``module:function``."""
