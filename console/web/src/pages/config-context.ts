import type { ConsoleConfig } from '@civitas/console-contract';
import { createContext, useContext } from 'react';

export const ConfigContext = createContext<ConsoleConfig | undefined>(undefined);

/** @throws Error outside of the app: a bug. */
export function useConfig(): ConsoleConfig {
  const config = useContext(ConfigContext);
  if (config === undefined) throw new Error('useConfig outside of ConfigContext');
  return config;
}
