internal import Platform

extension Manifest {
  /// A job array: one element a system. What ends in 75 is requeued where the cluster says so (`RequeueExit`), and by the
  /// script itself where it doesn't.
  static func slurm(_ fleet: Fleet, _ setting: Setting, _ sizes: Sizes) -> ([File], [String]) {
    let records = Quoting.shell("--records=\(setting.records)")
    let script = """
      #!/bin/bash
      # \(Quoting.comment(fleet.title)): one round, a task for each of \(fleet.systems.count) systems.
      #   sbatch fleet.sbatch          and, when all have ended:
      #   mongodrill fleet report \(Quoting.comment("\(setting.records)")) --round slurm-JOBID
      # The round's id is the array's job id. A task that is begun again, on whatever node, leaves one more attempt; the
      # report makes one answer of them.
      #SBATCH --job-name=\(Quoting.objectName(fleet.title))
      #SBATCH --array=0-\(sizes.last)%\(sizes.lanes(fleet))
      #SBATCH --cpus-per-task=\(sizes.cores)
      #SBATCH --mem=\(sizes.mebibytes)M
      # Where the cluster's nodes declare their TmpDisk (else the drill looks for itself, and ends in 75):
      ##SBATCH --tmp=\(sizes.diskMebibytes)M
      #SBATCH --time=\(sizes.limitMinutes)
      # Begun again when its node fails; the log goes on.
      #SBATCH --requeue
      #SBATCH --open-mode=append
      #SBATCH --output=fleet-%A_%a.log
      # Time to stop in order before the kill: the batch script gets the signal, and hands it on.
      #SBATCH --signal=B:TERM@90
      umask 077
      # The sandbox lies on the node's own disk\(setting.inMemory ? ", here one in memory" : "").
      export MONGODRILL_SANDBOX_DIR="${MONGODRILL_SANDBOX_DIR:-\(setting.inMemory ? "/dev/shm" : "${SLURM_TMPDIR:-/var/tmp}")}"
      mongodrill fleet run \(Quoting.shell(setting.fleet)) \(records) --progress plain &
      task=$!
      trap 'kill -TERM "$task" 2>/dev/null' TERM INT
      wait "$task"
      code=$?
      # A signal ends the first wait; the task's own end is waited for.
      while kill -0 "$task" 2>/dev/null; do
        wait "$task"
        code=$?
      done
      # A kill for memory: another try may have more of it.
      if [ "$code" = 137 ]; then code=75; fi
      # 75: a passing reason. A cluster whose slurm.conf holds RequeueExit=75 requeues by itself, any other is asked to.
      if [ "$code" = 75 ] && ! scontrol show config 2>/dev/null | grep -Eq '^RequeueExit +=.*(^|[ ,=])75(,|$)'; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" && sleep 60
      fi
      exit "$code"

      """
    return (
      [File(name: "fleet.sbatch", isProgram: true, text: script)],
      [
        "Every node needs mongodrill, a mongod, the fleet's file, the backups and the records at the same paths.",
        "All tasks get what the largest system asks for; make two fleets of systems that differ much.",
      ]
    )
  }
}
