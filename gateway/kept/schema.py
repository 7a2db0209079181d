"""The tables of the store. Content stands in `pieces`, `lines` and `responses`; everything else names it."""

VERSION = 1
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
    """create table if not exists responses (id text primary key, tenant text, label text, items blob, created integer,
       expires integer) without rowid""",
    "create index if not exists responses_at on responses (expires)",
)
