import type { ConfigurationFile } from './configuration.ts'
import { curlScript } from './formats/curl.ts'
import { dotnetJson, dotnetXml } from './formats/dotnet.ts'
import { environment } from './formats/env.ts'
import { javaProperties } from './formats/java.ts'
import { nodeModule } from './formats/node.ts'
import { perlProperties } from './formats/perl.ts'
import { phpIni } from './formats/php.ts'
import { pythonYaml } from './formats/python.ts'
import { rubyConfig } from './formats/ruby.ts'

export const formats = ['python', 'java', 'dotnet', 'php', 'ruby', 'perl', 'node', 'curl', 'env'] as const
export type Format = (typeof formats)[number]

/** Each library's file; where it reads two forms, the first is the usual one. */
export const files: Record<Format, readonly [ConfigurationFile, ...ConfigurationFile[]]> = {
  python: [pythonYaml],
  java: [javaProperties],
  dotnet: [dotnetXml, dotnetJson],
  php: [phpIni],
  ruby: [rubyConfig],
  perl: [perlProperties],
  node: [nodeModule],
  curl: [curlScript],
  env: [environment],
}

export function isFormat(text: unknown): text is Format {
  return formats.some(format => format === text)
}
