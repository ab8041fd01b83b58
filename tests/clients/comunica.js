// Asks an endpoint some queries as Comunica does: node comunica.js ENDPOINT QUERY... A line of JSON for each answer.
import { QueryEngine } from "@comunica/query-sparql";

const [endpoint, ...queries] = process.argv.slice(2);
const engine = new QueryEngine();

// What kind of source it is isn't said: Comunica finds it out of the service description.
for (const query of queries) {
  const result = await engine.query(query, { sources: [endpoint] });
  const found = await result.execute();
  console.log(JSON.stringify(result.resultType === "boolean" ? found : (await found.toArray()).map(values(result))));
}

function values({ resultType }) {
  if (resultType === "quads") {
    return ({ subject, predicate, object }) => [subject.value, predicate.value, object.value];
  }
  return (row) => Object.fromEntries([...row].map(([variable, term]) => [variable.value, term.value]));
}
