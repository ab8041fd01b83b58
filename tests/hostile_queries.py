"""Queries that mean harm, or look as if they did. The only list of them: tests and bench ask them all."""

from typing import Final

_CITIES: Final = "<https://w3id.org/verkosto/id/graph/six-cities>"
_ONTOLOGY: Final = "<https://w3id.org/verkosto/id/graph/ontology>"
_DOCUMENT: Final = "<http://xmlns.com/foaf/0.1/Document>"
_P: Final = "<http://e.org/p>"
_TRIPLES: Final = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(3))
"""Every three triples: more than anyone can wait for."""


def _numbered(pattern: str, times: int, between: str = " ") -> str:
    """A text again and again, with its number for each #."""
    return between.join(pattern.replace("#", str(number)) for number in range(times))


def _nested(opening: str, closing: str, times: int, inside: str = "") -> str:
    return opening * times + inside + closing * times


def _again(expression: str, times: int = 40) -> str:
    """A text of sixteen letters that becomes, again and again, what an expression makes of ?t."""
    steps = " ".join(f"BIND ({expression.replace('?t', f'?t{n}')} AS ?t{n + 1})" for n in range(times))
    return f"SELECT (STRLEN(?t{times}) AS ?n) {{ BIND ('sixteen letters!' AS ?t0) {steps} }}"


def _counted(condition: str) -> str:
    return f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c FILTER ({condition}) }}"


_NUMBERS: Final = _numbered("#", 3000)
PRODUCTS: Final = {
    "four patterns": f"SELECT * {{ {_TRIPLES} . ?x ?y ?z }}",
    "patterns, counted": f"SELECT (COUNT(*) AS ?n) {{ {_numbered(f'?d# a {_DOCUMENT} .', 8)} }}",
    "VALUES": f"SELECT (COUNT(*) AS ?n) {{ {_numbered(f'VALUES ?v# {{ {_NUMBERS} }}', 3)} }}",
    "OPTIONAL": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c OPTIONAL { ?d ?e ?f } OPTIONAL { ?g ?h ?i } }",
    "MINUS": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f MINUS { ?g ?h ?c . ?j ?k ?f } }",
    "UNION": f"SELECT (COUNT(*) AS ?n) {{ {_numbered('{ { ?a# ?b# ?c# } UNION { ?c# ?b# ?a# } }', 5)} }}",
    "subselects": f"SELECT (COUNT(*) AS ?n) {{ {_numbered('{ SELECT ?a# { ?a# ?b ?c } }', 4)} }}",
    "GRAPH": f"SELECT (COUNT(*) AS ?n) {{ {_numbered('GRAPH ?g# { ?a# ?b# ?c# }', 4)} }}",
    "NOT EXISTS": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER NOT EXISTS { ?g ?c ?h . ?i ?j ?f } }",
    "a filter that nothing passes": f"ASK {{ {_TRIPLES} FILTER (CONCAT(STR(?c0), STR(?c1), STR(?c2)) = '') }}",
    "DISTINCT": f"SELECT DISTINCT ?a0 ?b1 ?c2 {{ {_TRIPLES} }}",
    "CONSTRUCT": f"CONSTRUCT {{ ?a0 ?b1 ?c2 }} WHERE {{ {_TRIPLES} }}",
    "DESCRIBE": f"DESCRIBE * {{ {_TRIPLES} }}",
    "new things": "SELECT (COUNT(DISTINCT ?u) AS ?n) { ?a ?b ?c . ?d ?e ?f BIND (UUID() AS ?u) }",
    "merged graphs": f"SELECT (COUNT(*) AS ?n) FROM {_CITIES} FROM {_ONTOLOGY} {{ {_TRIPLES} }}",
    "a huge OFFSET": f"SELECT * {{ {_TRIPLES} }} OFFSET 9223372036854775806 LIMIT 9223372036854775806",
}
SORTED: Final = {
    "ORDER BY": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY DESC(?c) ?f",
    "ORDER BY chance": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY RAND()",
    "ORDER BY a thousand conditions": f"SELECT * {{ ?a ?b ?c . ?d ?e ?f }} ORDER BY {'STRLEN(STR(?c)) ' * 1000}",
    "ORDER BY with a huge LIMIT": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f LIMIT 9223372036854775806",
    "GROUP BY": "SELECT ?c ?f (COUNT(DISTINCT ?a) AS ?n) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?c ?f ORDER BY ?n",
    "GROUP_CONCAT": f"SELECT (GROUP_CONCAT(?c0) AS ?all) {{ {_TRIPLES} }}",
    "GROUP_CONCAT twice": "SELECT (GROUP_CONCAT(?t) AS ?all) "
    "{ ?d ?e ?f { SELECT (GROUP_CONCAT(STR(?c)) AS ?t) { ?a ?b ?c } } }",
    "GROUP_CONCAT with a long separator": "SELECT (GROUP_CONCAT(STR(?c); SEPARATOR = '"
    + "x" * 900_000
    + "') AS ?all) { ?a ?b ?c }",
    "COUNT(DISTINCT *)": "SELECT (COUNT(DISTINCT *) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "MAX of long texts": f"SELECT (MAX(CONCAT(STR(?c0), STR(?c1))) AS ?m) {{ {_TRIPLES} }}",
}
_LETTERS: Final = r"(\\p{L}|\\p{N}){50}" * 9
TEXTS: Final = {
    "CONCAT doubled": _again("CONCAT(?t, ?t)"),
    "ENCODE_FOR_URI tripled": _again("ENCODE_FOR_URI(CONCAT('%', ?t, ?t))"),
    "REPLACE of nothing by all": "SELECT (MAX(STRLEN(REPLACE(?t, '', ?t))) AS ?n) "
    "{ { SELECT (GROUP_CONCAT(STR(?c)) AS ?t) { ?a ?b ?c } } }",
    "hashes of hashes": f"SELECT (MAX({_nested('SHA512(', ')', 80, 'STR(?c0)')}) AS ?h) {{ {_TRIPLES} }}",
    "REGEX with nested stars": _counted("REGEX('" + "a" * 100_000 + "', '^(a*)*(a|aa)*(a*a*)+b$')"),
    "REGEX that counts": _counted("REGEX(STR(?c), '((x{100}){100}){100}')"),
    "REGEX of many letters": _counted(f"REGEX(STR(?c), '{_LETTERS}', 'i')"),
    "REGEX of brackets": _counted(f"REGEX(STR(?c), '{_nested('(', ')', 100_000, 'x')}')"),
    "REGEX of every text in every text": f"ASK {{ {_TRIPLES} FILTER REGEX(STR(?c0), CONCAT(STR(?c1), '!!')) }}",
    "REPLACE all over": f"SELECT (MAX(REPLACE(STR(?c0), '(.*)', CONCAT('$1', STR(?c1)))) AS ?m) {{ {_TRIPLES} }}",
}
PATHS: Final = {
    "anything, as far as it goes": f"SELECT (COUNT(*) AS ?n) {{ ?a ({_P}|!{_P})* ?b . ?c ({_P}|!{_P})* ?d }}",
    "there and back": f"SELECT (COUNT(*) AS ?n) {{ ?a ((!{_P})|(^!{_P}))+ ?b . ?b ((!{_P})/(^(!{_P})))* ?c }}",
    "nested stars": f"SELECT (COUNT(*) AS ?n) {{ ?a {_nested('(', ')*', 50, f'!{_P}')} ?b . ?c (!{_P})* ?d }}",
    "nothing, from all to all": f"SELECT (COUNT(*) AS ?n) {{ ?a {_P}* ?b . ?c {_P}* ?d . ?e {_P}? ?f }}",
    "twenty steps": f"SELECT (COUNT(*) AS ?n) {{ ?a {'/'.join([f'(!{_P}|^!{_P})'] * 20)} ?b }}",
}

DEEP: Final = {
    "groups": f"SELECT * {_nested('{', '}', 10_000)}",
    "brackets": f"SELECT * {{ FILTER {_nested('(', ')', 10_000, '1')} }}",
    "negations": f"SELECT * {{ FILTER ({'!' * 10_000}true) }}",
    "blank nodes": f"SELECT * {{ ?s ?p {_nested(f'[ {_P} ', ']', 10_000, '1')} }}",
    "collections": f"SELECT * {{ ?s ?p {_nested('(', ')', 10_000)} }}",
    "path brackets": f"SELECT * {{ ?s {_nested('(', ')', 10_000, _P)} ?o }}",
    "path inverses": f"SELECT * {{ ?s {_nested('^(', ')', 10_000, _P)} ?o }}",
    "UNION inside": f"SELECT * {{ {_nested('{ ?s ?p ?o } UNION { ', '}', 10_000)} }}",
    "OPTIONAL inside": f"SELECT * {{ {_nested('OPTIONAL { ?s ?p ?o ', '}', 10_000)} }}",
    "MINUS inside": f"SELECT * {{ {_nested('?s ?p ?o MINUS { ', '}', 10_000)} }}",
    "GRAPH inside": f"SELECT * {{ {_nested('GRAPH ?g { ', '}', 10_000)} }}",
    "subselects": f"{_nested('SELECT * { { ', '} } ', 10_000, 'SELECT * {}')}",
    "EXISTS": f"SELECT * {{ {_nested('?s ?p ?o FILTER EXISTS { ', '}', 10_000)} }}",
    "NOT EXISTS": f"SELECT * {{ {_nested('?s ?p ?o FILTER NOT EXISTS { ', '}', 10_000)} }}",
    "functions": f"SELECT * {{ BIND ({_nested('STR(', ')', 10_000, '1')} AS ?t) }}",
    "IF": f"SELECT * {{ BIND ({_nested('IF(true, ', ', 1)', 10_000, '1')} AS ?t) }}",
    "COALESCE": f"SELECT * {{ BIND ({_nested('COALESCE(', ')', 10_000, '1')} AS ?t) }}",
    "casts": f"SELECT * {{ BIND ({_nested('<http://www.w3.org/2001/XMLSchema#string>(', ')', 5_000, '1')} AS ?t) }}",
    "aggregates": f"SELECT ({_nested('COUNT(', ')', 10_000, '1')} AS ?n) {{}}",
    "IN": f"SELECT * {{ FILTER ({_nested('1 IN (', ')', 10_000, '1')}) }}",
    "triples in triples": f"SELECT * {{ {_nested('<<( ', ' ?p ?o )>>', 5_000, '?s')} ?p ?o }}",
    "a template": f"CONSTRUCT {{ ?s ?p {_nested(f'[ {_P} ', ']', 10_000, '1')} }} WHERE {{}}",
}
"""Nested ten thousand times in each construct that nests: the text is refused."""
LONG: Final = {
    "REPLACE doubled": _again("REPLACE(?t, '(.)', '$1$1')"),
    "everything, described": "DESCRIBE * { ?s ?p ?o }",
    "everything, sorted": "SELECT * { ?s ?p ?o } ORDER BY STR(?o) ?s ?p",
    "everything as one text": "SELECT (GROUP_CONCAT(STR(?o)) AS ?all) { ?s ?p ?o }",
    "a long REGEX": _counted(f"REGEX(STR(?c), '{_numbered('x#y', 50_000, '|')}')"),
    "minus signs": f"SELECT * {{ FILTER ({'- ' * 10_000}1 = 1) }}",
    "blank nodes, as deep as allowed": f"SELECT * {{ ?s ?p {_nested(f'[{_P}', ']', 190, '1')} }}",
    "collections, as deep as allowed": f"SELECT * {{ ?s ?p {_nested('(', ')', 190)} }}",
    "path brackets, as deep as allowed": f"SELECT * {{ ?s {_nested('(', ')', 190, _P)} ?o }}",
    "a long path": f"SELECT * {{ ?s {'/'.join([_P] * 50_000)} ?o }}",
    "a wide path": f"SELECT * {{ ?s {'|'.join([_P] * 50_000)} ?o }}",
    "a path of everything but": f"SELECT * {{ ?s !({'|'.join([_P] * 50_000)}) ?o }}",
    "UNION": f"SELECT * {{ {' UNION '.join(['{ ?s ?p ?o }'] * 10_000)} }}",
    "OPTIONAL": f"SELECT * {{ {'OPTIONAL { ?s ?p ?o } ' * 10_000} }}",
    "MINUS": f"SELECT * {{ ?s ?p ?o {'MINUS { ?s ?p 1 } ' * 10_000} }}",
    "NOT EXISTS, as deep as allowed": f"SELECT * {{ {_nested('?s ?p ?o FILTER NOT EXISTS { ', '}', 190)} }}",
    "functions, as deep as allowed": f"SELECT * {{ BIND ({_nested('STR(', ')', 190, '1')} AS ?t) }}",
    "a long list behind IN": f"SELECT * {{ ?s ?p ?o FILTER (?o IN ({_numbered('#', 100_000, ',')})) }}",
    "BIND": f"SELECT * {{ BIND (1 AS ?v0) {' '.join(f'BIND (?v{n} AS ?v{n + 1})' for n in range(10_000))} }}",
    "a long sum": f"SELECT * {{ FILTER ({'+'.join(['1'] * 50_000)} = 1) }}",
    "a long AND": f"SELECT * {{ FILTER ({'&&'.join(['true'] * 50_000)}) }}",
    "a long OR": f"SELECT * {{ ?s ?p ?o FILTER ({'||'.join(['?o = 1'] * 50_000)}) }}",
    "many filters": f"SELECT * {{ ?s ?p ?o {'FILTER (?o != 1) ' * 20_000} }}",
    "a long list of objects": f"SELECT * {{ ?s ?p {_numbered('#', 100_000, ',')} }}",
    "a long list of properties": f"SELECT * {{ ?s {_numbered('?p# ?o#', 20_000, ';')} }}",
    "many patterns": f"SELECT * {{ {_numbered('?s# ?p# ?o# .', 20_000)} }}",
    "many patterns that share": f"SELECT * {{ {_numbered('?s ?p# ?o .', 20_000)} }}",
    "many columns": f"SELECT {_numbered('(# AS ?v#)', 20_000)} {{}}",
    "many prefixes": f"{_numbered('PREFIX p#: <http://e.org/#/>', 20_000)} SELECT * {{}}",
    "many bases": f"{'BASE <x/> ' * 90_000} SELECT * {{ <y> ?p ?o }}",
    "many graphs": f"SELECT * {_numbered('FROM <http://e.org/#>', 20_000)} {{ ?s ?p ?o }}",
    "many conditions behind HAVING": f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} HAVING {'(COUNT(*) > 1) ' * 20_000}",
    "a million quotes": f"SELECT * {{ BIND ({'a' * 500}{chr(34) * 1_000_000} AS ?t) }}",
    "a million comments": "#\n" * 500_000 + "SELECT * {}",
    "a million brackets": "(" * 1_000_000,
    "a million backslashes": "SELECT * { BIND ('" + chr(92) * 1_000_000 + "' AS ?t) }",
    "a million colons": f"SELECT * {{ {':' * 1_000_000} }}",
    "almost SERVICE": "SERVICE " * 120_000,
    "almost SERVICE with comments": "SELECT * { " + "SERVICE#\n" * 100_000 + " }",
    "a row that is not closed": "SELECT * { VALUES ?v { " + "<http://e.org/" * 70_000,
}
"""As long, or as deep, as is allowed: some are too much, and some are not."""
_SERVICE: Final = "SERVICE <http://TRAP/> { ?s ?p ?o }"
SERVICE: Final = {
    "plain": f"SELECT * {{ {_SERVICE} }}",
    "silent": "SELECT * { SERVICE SILENT <http://TRAP/> { ?s ?p ?o } }",
    "in small letters": "select * { service silent <http://TRAP/> { ?s ?p ?o } }",
    "in letters of both kinds": "SELECT * { sErViCe sIlEnT <http://TRAP/> { ?s ?p ?o } }",
    "without spaces": "SELECT*{SERVICE<http://TRAP/>{?s ?p ?o}}",
    "on many lines": "SELECT * {\r\n\tSERVICE\r\n\t\tSILENT\r\n\r\n<http://TRAP/>\t\n{ ?s ?p ?o } }",
    "with comments in between": "SELECT * { SERVICE#<\nSILENT#'''\n<http://TRAP/>#}\n{ ?s ?p ?o } }",
    "behind a word": f"SELECT * {{ ?s ?p true{_SERVICE} }}",
    "behind a number": f"SELECT * {{ ?s ?p 1.5e7{_SERVICE} }}",
    "behind a name": f"PREFIX e: <http://e.org/> SELECT * {{ ?s ?p e:.{_SERVICE} }}",
    "behind what is smaller": f"SELECT * {{ ?s ?p ?o FILTER (1 <?o){_SERVICE} }}",
    "behind an apostrophe in a string": f"""SELECT * {{ BIND ("'" AS ?x) {_SERVICE} BIND ("'" AS ?y) }}""",
    "behind quotes in a long string": f"SELECT * {{ BIND ('''\"\"\"''' AS ?x) {_SERVICE} BIND ('''\"\"\"''' AS ?y) }}",
    "behind a backslash": rf"SELECT * {{ BIND ('\\' AS ?x) {_SERVICE} BIND ('' AS ?y) }}",
    "behind a hash in an address": f"SELECT * {{ ?s <http://e.org/#> ?o . {_SERVICE} }}",
    "behind a comment": f"# It's\nSELECT * {{ {_SERVICE} }} # it isn't",
    "behind a hash in a name": rf"PREFIX e: <http://e.org/> SELECT * {{ ?s ?p e:a\# . {_SERVICE} }}",
    "a prefix": "PREFIX t: <http://TRAP/> SELECT * { SERVICE t:x { ?s ?p ?o } }",
    "the empty prefix": "PREFIX : <http://TRAP/> SELECT * { SERVICE:{ ?s ?p ?o } }",
    "a base": "BASE <http://TRAP/> SELECT * { SERVICE <> { ?s ?p ?o } }",
    "a path from a base": "BASE <http://TRAP/a/b/> SELECT * { SERVICE <../c?d#e> { ?s ?p ?o } }",
    "escaped letters in the address": r"SELECT * { SERVICE <http\u003A//TRAP/> { ?s ?p ?o } }",
    "a variable": "SELECT * { VALUES ?e { <http://TRAP/> } SERVICE ?e { ?s ?p ?o } }",
    "a variable with a dollar": "SELECT * { BIND (<http://TRAP/> AS ?e) SERVICE $e { ?s ?p ?o } }",
    "a variable of pieces": "SELECT * { BIND (IRI(CONCAT('http:', '//TRAP')) AS ?e) SERVICE ?e { ?s ?p ?o } }",
    "a variable and comments": "SELECT * { BIND (<http://TRAP/> AS ?e) SERVICE\n#{\n?e#}\n{ ?s ?p ?o } }",
    "in OPTIONAL": f"SELECT * {{ ?a ?b ?c OPTIONAL {{ {_SERVICE} }} }}",
    "in UNION": f"SELECT * {{ {{}} UNION {{ {_SERVICE} }} }}",
    "in MINUS": f"SELECT * {{ ?s ?p ?o MINUS {{ {_SERVICE} }} }}",
    "in EXISTS": f"ASK {{ FILTER EXISTS {{ {_SERVICE} }} }}",
    "in NOT EXISTS in an expression": f"SELECT * {{ BIND (IF(NOT EXISTS {{ {_SERVICE} }}, 1, 2) AS ?x) }}",
    "in GRAPH": f"SELECT * {{ GRAPH ?g {{ {_SERVICE} }} }}",
    "in a subselect": f"SELECT * {{ {{ SELECT ?s {{ {_SERVICE} }} LIMIT 1 }} }}",
    "in HAVING": f"SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s HAVING (EXISTS {{ {_SERVICE} }})",
    "in ORDER BY": f"SELECT ?s {{ ?s ?p ?o }} ORDER BY (EXISTS {{ {_SERVICE} }})",
    "in CONSTRUCT": f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {_SERVICE} }}",
    "in DESCRIBE": f"DESCRIBE ?s {{ {_SERVICE} }}",
    "in itself": f"SELECT * {{ SERVICE SILENT <http://e.invalid/> {{ {_SERVICE} }} }}",
    "of our own endpoint": "SELECT * { SERVICE <http://HERE/sparql> { ?s ?p ?o } }",
    "of what leads elsewhere": "SELECT * { SERVICE <http://HERE/data/latest/verkosto.nq> { ?s ?p ?o } }",
}
"""Queries that would make an engine ask the server at TRAP; HERE is the server that is asked."""
UPDATES: Final = {
    "LOAD": "LOAD <http://TRAP/>",
    "LOAD SILENT": "load silent <http://TRAP/> into graph <http://e.org/g>",
    "LOAD behind a prologue": "PREFIX t: <http://TRAP/> # load\nLOAD t:x",
    "LOAD behind another": "CREATE SILENT GRAPH <http://e.org/g> ; LOAD <http://TRAP/>",
    "INSERT": "INSERT { ?s ?p ?o } WHERE { GRAPH <http://TRAP/> { ?s ?p ?o } }",
    "INSERT with SERVICE": f"INSERT {{ ?s ?p ?o }} WHERE {{ {_SERVICE} }}",
    "INSERT DATA": "INSERT DATA { <http://TRAP/> a <http://e.org/> }",
    "DELETE": "DELETE WHERE { ?s ?p ?o }",
    "USING": "DELETE { ?s ?p ?o } USING <http://TRAP/> WHERE { ?s ?p ?o }",
    "WITH": "WITH <http://TRAP/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "CLEAR": "CLEAR ALL",
    "COPY": "COPY <http://TRAP/> TO DEFAULT",
}
ABSENT: Final = {
    "FROM": "SELECT * FROM <http://TRAP/> { ?s ?p ?o }",
    "FROM a file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "FROM NAMED": "SELECT * FROM NAMED <http://TRAP/> { GRAPH ?g { ?s ?p ?o } }",
    "FROM both": "SELECT * FROM <http://TRAP/> FROM NAMED <http://TRAP/> { ?s ?p ?o GRAPH ?g { ?s ?p ?o } }",
    "FROM a prefix": "PREFIX t: <http://TRAP/> SELECT * FROM t:x FROM NAMED t:y { ?s ?p ?o }",
    "FROM a base": "BASE <http://TRAP/> SELECT * FROM <x> FROM NAMED <y> { ?s ?p ?o }",
    "GRAPH": "SELECT * { GRAPH <http://TRAP/> { ?s ?p ?o } }",
    "DESCRIBE": "DESCRIBE <http://TRAP/>",
}
"""Queries that name what is not here: their whole answer is empty."""
