import { expect } from '@jest/globals';
import type { Response } from 'supertest';

/** Every refusal has the whole RFC 9457 shape, names its request, and cannot be cached or sniffed. */
export function expectProblem(response: Response, status: number): void {
  expect(response.status).toBe(status);
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(response.headers['cache-control']).toBe('no-store');
  expect(response.headers['x-content-type-options']).toBe('nosniff');
  expect(response.body).toEqual({
    type: expect.stringMatching(/^\/problems\/[a-z-]+$/),
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
    instance: response.headers['x-request-id'],
    ...(response.body.errors !== undefined && { errors: expect.any(Array) }),
  });
}

/** The parameters that a 400 names, in order. */
export function wrongParameters(response: Response): readonly string[] {
  expectProblem(response, 400);
  return response.body.errors.map((error: { parameter: string; detail: string }) => {
    expect(error.detail).toMatch(/\w/);
    return error.parameter;
  });
}
