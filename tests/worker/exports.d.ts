declare namespace Cloudflare {
  /** Tells the types of `cloudflare:workers` which module the tests run: `exports.default` is the Worker itself. */
  interface GlobalProps {
    mainModule: typeof import('../../worker/index.ts')
  }
}
