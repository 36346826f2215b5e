/** `locus-sdk/checkpointers/oracle`: threads in an Oracle Database. Its driver, `oracledb`, is yours to install. */
export * from "@locus-sdk/checkpointers/oracle";
