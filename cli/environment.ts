/** The only place of the CLI that reads environment variables, and their list. */
export interface Environment {
  url: string | undefined
  apiKey: string | undefined
  home: string | undefined
  colour: 'always' | 'never' | 'auto'
}

const given = (value: string | undefined) => (value ? value : undefined)

export const readEnvironment = (env: NodeJS.ProcessEnv = process.env): Environment => ({
  url: given(env.NOVACRON_URL),
  apiKey: given(env.NOVACRON_API_KEY),
  home: given(env.NOVACRON_HOME),
  // https://no-color.org and https://bixense.com/clicolors
  colour: given(env.NO_COLOR)
    ? 'never'
    : given(env.CLICOLOR_FORCE) && env.CLICOLOR_FORCE !== '0'
      ? 'always'
      : env.TERM === 'dumb'
        ? 'never'
        : 'auto',
})
