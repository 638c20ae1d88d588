// Writes src/schema.ts from the server's description of itself, as `smscore openapi` prints it:
//     npm run generate -- openapi.json
// Of the schemas only those are kept that calls below /v1 and webhooks refer to.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const SCHEMAS = '#/components/schemas/';

/** Finds every place in the document that a part of it refers to, however indirectly. */
function follow(part, document, found) {
    if (typeof part !== 'object' || part === null) return;
    for (const [name, value] of Object.entries(part)) {
        if (name !== '$ref') {
            follow(value, document, found);
        } else if (!found.has(value)) {
            found.add(value);
            const steps = value.split('/').slice(1);
            follow(
                steps.reduce((at, step) => at[step], document),
                document,
                found,
            );
        }
    }
}

const [source, target = new URL('../src/schema.ts', import.meta.url)] = process.argv.slice(2);
const document = JSON.parse(await readFile(source, 'utf8'));
const calls = Object.entries(document.paths).filter(([path]) => path.startsWith('/v1/'));
const found = new Set();
follow([calls, document.webhooks], document, found);
const schemas = Object.entries(document.components.schemas).filter(([name]) =>
    found.has(SCHEMAS + name),
);
const { openapi, info } = document;
const components = { schemas: Object.fromEntries(schemas) };
const tree = await openapiTS({ openapi, info, paths: {}, components });
await writeFile(target, COMMENT_HEADER + astToString(tree));
