/** What a virtual machine boots: a kernel, its modules, and a first file system in memory. */
package dev.abode.engine.guest;
