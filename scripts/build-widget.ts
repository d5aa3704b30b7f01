import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin, transform } from 'esbuild'

const widget = fileURLToPath(new URL('../widget/', import.meta.url))
const publicFolder = fileURLToPath(new URL('../dist/public/', import.meta.url))

/** Hands a style sheet to the script as minified text, since esbuild's own text loader would leave it as written. */
const cssAsText: Plugin = {
  name: 'css-as-text',
  setup({ onLoad }) {
    onLoad({ filter: /tray\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true })
      return { contents: code.trim(), loader: 'text' }
    })
  },
}

const shared: BuildOptions = {
  absWorkingDir: widget,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
}

/**
 * Builds the tray into `boon.js` and the demo shop into `demo/`, inside the given folder (by default the one that
 * the Worker serves). Rejects when a source does not compile.
 */
export async function buildWidget(folder: string = publicFolder): Promise<void> {
  const demo = join(folder, 'demo')
  await mkdir(demo, { recursive: true })
  await Promise.all([
    build({ ...shared, entryPoints: ['boon.ts'], plugins: [cssAsText], outfile: join(folder, 'boon.js') }),
    build({ ...shared, entryPoints: ['demo/demo.tsx', 'demo/demo.css'], outdir: demo }),
    ...['index.html', 'goods.svg'].map((name) => copyFile(join(widget, 'demo', name), join(demo, name))),
  ])
}

if (import.meta.main) await buildWidget()
