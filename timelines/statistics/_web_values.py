"""What requests are made of, value by value: agents, methods, names of parameters, paths, referrers, statuses."""

from __future__ import annotations

KINDS = (
    "`agent` (User-Agent), `method`, `parameter` (name of one in the query), `path` (target without query), `referer` (page that "
    "the client says it came from, without its query), `status` (of the answer)."
)
SOURCES = {
    "client": ("c_ip",),
    "status": ("sc_status",),
    "method": ("cs_method",),
    "path": ("cs_uri_stem",),
    "query": ("cs_uri_query",),
    "agent": ("cs_user_agent",),
    "referer": ("cs_referer",),
}
# A relation `each`: one row a request and distinct value; texts between `&`, `;` count as parameters where they have a `=`.
EACH = r"""
, asked as (select row_id, exhibit, file, "offset", time, client, path, query, agent, method, try_cast(status as integer) as status,
    regexp_replace(referer, '[?#].*$', '', 's') as referer from taken),
each as (
    select 'agent' as kind, agent as value, * from asked union all select 'method', method, * from asked
    union all select 'path', path, * from asked union all select 'referer', referer, * from asked
    union all select 'status', status::varchar, * from asked
    union all select 'parameter', unnest(list_distinct(regexp_extract_all(query, '(?:^|[&;])([^=&;]+)=', 1))), * from asked
        where query is not null)
"""
# Of a group of them the first request: in the order of the timeline, those without a time last.
FIRST = (
    "arg_min({'path': path, 'client': client, 'row_id': row_id}, "
    """{'time': coalesce(epoch_ns(time), 9223372036854775807), 'exhibit': exhibit, 'file': file, 'place': "offset", 'row_id': row_id})"""
)
