"""The tables of the store. Content stands in `pieces`, `lines` and `responses`; everything else names it."""

VERSION = 1
SIZES = (("files", "{}.bytes"), ("responses", "length({}.items)"))
"""What is counted as it comes and goes, and how large a row is: to add all of it up would take longer each time."""
TABLES = (
    """create table if not exists files (id text primary key, tenant text, key text, purpose text, filename text, bytes integer,
       created integer, expires integer, label text, floor text) without rowid""",
    "create index if not exists files_of on files (tenant, created, id)",
    "create table if not exists pieces (file text, number integer, content blob, primary key (file, number))",
    "create table if not exists batches (id text primary key, tenant text, created integer, status text, expires integer, said blob)",
    "create index if not exists batches_of on batches (tenant, created, id)",
    "create index if not exists batches_at on batches (status)",
    """create table if not exists lines (batch text, number integer, custom_id text, lane text, result text, begun integer, tries integer,
       due real, body blob, output blob, label text, path text, cost integer, asked integer, cached integer, said integer,
       reasoned integer, primary key (batch, number))""",
    "create index if not exists lines_due on lines (batch, lane, result, number)",
    """create table if not exists responses (id text, tenant text, label text, items blob, created integer, expires integer,
       primary key (tenant, id))""",
    "create index if not exists responses_at on responses (expires)",
    "create table if not exists held (what text primary key, bytes integer)",
    "insert or ignore into held values ('files', 0), ('responses', 0)",
    *(
        f"""create trigger if not exists {what}_{when} after {when} on {what} begin
            update held set bytes = bytes {sign} {size.format(row)} where what = '{what}'; end"""
        for what, size in SIZES
        for when, sign, row in (("insert", "+", "new"), ("delete", "-", "old"))
    ),
)
