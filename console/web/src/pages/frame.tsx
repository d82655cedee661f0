import { Outlet, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Shell } from './shell.tsx';

/** Every page stands in the shell but the wall display, which nobody works at. */
export function Frame(): ReactNode {
  const isWall = useRouterState({ select: ({ location }) => location.pathname === '/wall' });
  return isWall ? <Outlet /> : <Shell />;
}
