import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { pagePolicy } from '../shared/http/request-head.ts'

/** Where `npm run build` puts them; as far from the sources as from what they are compiled to. */
const folder = new URL('../../../../dist/page/', import.meta.url)

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Orders</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/orders.css">
<script src="/page/orders.js" defer></script>
</head>
<body>
<main>
<h1>Orders</h1>
<form id="search">
<label for="uid">Order id</label>
<input id="uid" name="uid" autocomplete="off" spellcheck="false" maxlength="64" required autofocus>
<button type="submit">Search</button>
<button type="button" id="random">Get random</button>
</form>
<p id="status" role="status"></p>
<article id="order" hidden></article>
</main>
</body>
</html>
`

const files = { '/page/orders.js': 'text/javascript; charset=utf-8', '/page/orders.css': 'text/css; charset=utf-8' }

/** Serves the page on which one order can be looked at, at `/`. Answers 500 where the package was not built. */
export function addPage(app: FastifyInstance): void {
  const options = { schema: { hide: true } }
  app.get('/', options, (_request, reply) =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': pagePolicy,
        'referrer-policy': 'no-referrer',
      })
      .send(html),
  )
  for (const [path, type] of Object.entries(files)) {
    app.get(path, options, async (_request, reply) => reply.header('content-type', type).send(await readAsset(path)))
  }
}

async function readAsset(path: string): Promise<Buffer> {
  try {
    return await readFile(new URL(path.slice('/page/'.length), folder))
  } catch (error) {
    throw failure('page-assets-missing', { reason: reasonOf(error) }, error)
  }
}
