import type { Client } from '@backend2/client';
import { createContext, use } from 'react';
import type { PageSession } from './session.ts';

export interface Services {
  readonly api: Client;
  readonly session: PageSession;
}

export const ServicesContext = createContext<Services | null>(null);

export const useServices = (): Services => {
  const services = use(ServicesContext);
  if (services === null) throw new Error('ServicesContext has no value: render inside App');
  return services;
};
