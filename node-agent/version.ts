/** The version of this agent, as its host's inventory and its diagnostics name it. */
import project from '../package.json' with { type: 'json' }

export const agentVersion = project.version
