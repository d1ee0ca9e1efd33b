/**
 * Makes of every function one file that Lambda loads: minified, with the pinned AWS SDK inside, so that what was tested
 * is what runs. The same sources give the same bytes. Source maps lie beside the bundles and are not deployed.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { FunctionName } from '../core/contract/function-name.ts'
import { functionFile, root } from './source-files.ts'

export const bundlesDirectory = join(root, 'build', 'functions')
export const bundleFile = 'index.mjs'

/**
 * The SDK looks for credentials in nine places, with an HTTP client for most of them: 110 kB and 15 ms of every cold
 * start. Lambda puts them into the environment, so a bundle looks nowhere else.
 */
const credentialsFromEnvironment: Plugin = {
  name: 'credentials-from-environment',
  setup({ onResolve, onLoad, resolve }) {
    const chain = '@aws-sdk/credential-provider-node'
    onResolve({ filter: new RegExp(`^${chain}$`) }, async ({ kind, resolveDir, pluginData }) => {
      if (pluginData === chain) return undefined
      const { path } = await resolve(chain, { kind, resolveDir, pluginData: chain })
      return { path, namespace: 'environment-only' }
    })
    onLoad({ filter: /./, namespace: 'environment-only' }, ({ path }) => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'`,
      resolveDir: join(path, '..'),
    }))
  },
}

/** Bundles into `directory`/<folder>/<name>/index.mjs; what lay in the directory is gone. */
export async function bundleFunctions(
  names: readonly FunctionName[],
  directory = bundlesDirectory,
): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: functionFile(name), out: `${name}/index` })),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Packages come as ES modules where they can, so that what is not used is left out.
    mainFields: ['module', 'main'],
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [credentialsFromEnvironment],
  })
}
