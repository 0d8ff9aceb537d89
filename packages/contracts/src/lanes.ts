import { z } from 'zod';

export const lanes = ['standard', 'lumina'] as const;
export type Lane = (typeof lanes)[number];
export const laneSchema = z.enum(lanes);
