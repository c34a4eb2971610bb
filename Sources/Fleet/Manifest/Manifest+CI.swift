internal import Platform

extension Manifest {
  /// The most jobs that a matrix of GitHub's may have.
  private static let mostInMatrix = 256

  /// A workflow with a matrix of indexes; each task leaves an artifact, and the last job makes one report of all.
  static func github(_ fleet: Fleet, _ setting: Setting, _ sizes: Sizes) -> ([File], [String]) {
    let fleetPath = setting.fleet
    let isShared = if case .remote = setting.records { true } else { false }
    // More systems than a matrix takes are run by turns: a job runs its index, and every 256th after it.
    let jobs = min(fleet.systems.count, mostInMatrix)
    let indexes = (0..<jobs).map(String.init).joined(separator: ", ")
    let volumes = setting.readOnly.map { Quoting.github("\($0):\($0):ro") }.joined(separator: ", ")
    let place = isShared ? "\(setting.records)" : "records"
    let upload =
      isShared
      ? ""
      : """

            - uses: actions/upload-artifact@v4
              if: always()
              with:
                name: task-${{ matrix.task }}-${{ github.run_attempt }}
                path: records
                if-no-files-found: error
      """
    let download =
      isShared
      ? ""
      : """

            - uses: actions/download-artifact@v4
              with:
                pattern: task-*
                path: records
                merge-multiple: true
      """
    let text = """
      # .github/workflows/fleet.yml: \(Quoting.comment(fleet.title)): a round a week, a task for each of \(fleet.systems.count) systems.
      name: Restore tests of the fleet
      on:
        schedule:
          - cron: "17 3 * * 0"
        workflow_dispatch:
      permissions:
        contents: read
      concurrency: fleet
      jobs:
        task:
          runs-on: [self-hosted, linux]
          timeout-minutes: \(sizes.limitMinutes * sizes.attempts * ((fleet.systems.count + jobs - 1) / jobs))
          strategy:
            # One system's answer stops no other.
            fail-fast: false
            max-parallel: \(sizes.lanes(fleet))
            matrix:
              task: [\(indexes)]
          container:
            image: \(Quoting.github(setting.image))
            volumes: [\(volumes)]
            # A user who may do nothing else; the sandbox lies in memory or on the runner's disk.
            options: --user 10001:10001 --cap-drop ALL --security-opt no-new-privileges --cpus \(sizes.cores) --memory \(sizes.mebibytes)m\(setting.inMemory ? " --tmpfs /var/tmp:uid=10001,size=\(sizes.diskMebibytes)m" : "")
          env:
            MONGODRILL_ROUND: github-${{ github.run_id }}
            FLEET: \(Quoting.github(fleetPath))
            RECORDS: \(Quoting.github(place))
          steps:
            - uses: actions/checkout@v4
              with:
                persist-credentials: false
            - name: Drill
              run: |
                worst=0
                for index in $(seq ${{ matrix.task }} \(jobs) \(sizes.last)); do
                  # 75 is a passing reason, 137 a kill for memory: begun again, \(sizes.attempts) times in all.
                  for try in $(seq \(sizes.attempts)); do
                    code=0
                    mongodrill fleet run "$FLEET" --task "$index" --records "$RECORDS" --progress plain || code=$?
                    if [ "$code" != 75 ] && [ "$code" != 137 ]; then break; fi
                    sleep 60
                  done
                  if [ "$code" != 0 ]; then worst=$code; fi
                done
                exit "$worst"\(upload)
        report:
          needs: [task]
          if: always()
          runs-on: [self-hosted, linux]
          timeout-minutes: 30
          container:
            image: \(Quoting.github(setting.image))
            options: --user 10001:10001 --cap-drop ALL --security-opt no-new-privileges
          env:
            RECORDS: \(Quoting.github(place))
          steps:\(download.isEmpty ? "" : download)
            - name: Report
              run: mongodrill fleet report "$RECORDS" --round "github-${{ github.run_id }}" --format markdown >>"$GITHUB_STEP_SUMMARY"

      """
    return (
      [File(name: "fleet.yml", text: text)],
      [
        "The report job's exit status is the gate: 0 only when every system has a passing answer.",
        "User 10001 has to be able to write into the runner's workspace; or change --user in `options`.",
        isShared
          ? "rclone's configuration comes from the environment: put its variables into the workflow's secrets."
          : "Each task's records are an artifact; the last job merges them.",
      ]
    )
  }

  /// A pipeline: a parallel matrix of tasks and a job for the report.
  static func gitlab(_ fleet: Fleet, _ setting: Setting, _ sizes: Sizes) -> ([File], [String]) {
    // GitLab takes 200 jobs of `parallel`.
    let jobs = min(fleet.systems.count, 200)
    let isShared = if case .remote = setting.records { true } else { false }
    let place = isShared ? "\(setting.records)" : "records"
    let text = """
      # .gitlab-ci.yml: \(Quoting.comment(fleet.title)): a round in each scheduled pipeline, a task for each of \(fleet.systems.count) systems.
      stages: [drill, report]

      .fleet:
        image:
          name: \(Quoting.yaml(setting.image))
          entrypoint: [""]
        tags: [backups]
        rules:
          - if: $CI_PIPELINE_SOURCE == "schedule"
        interruptible: false
        variables:
          MONGODRILL_ROUND: gitlab-$CI_PIPELINE_ID
          FLEET: \(Quoting.yaml(setting.fleet.replacing("$", with: "$$")))
          RECORDS: \(Quoting.yaml(place.replacing("$", with: "$$")))

      task:
        extends: .fleet
        stage: drill
        parallel: \(jobs)
        timeout: \(sizes.limitMinutes * ((fleet.systems.count + jobs - 1) / jobs)) minutes
        # 75 is a passing reason, 137 a kill for memory; every other code is the system's answer. (`script_failure` would
        # begin all of them again: a failure that passes at the second try would look like a pass.)
        retry:
          max: \(min(2, max(0, sizes.attempts - 1)))
          when: [runner_system_failure, stuck_or_timeout_failure]
          exit_codes: [75, 137]
        # One system's answer stops no other, nor the report.
        allow_failure: true
        script:
          - |
            # CI_NODE_INDEX counts from 1.
            worst=0
            for index in $(seq $((CI_NODE_INDEX - 1)) \(jobs) \(sizes.last)); do
              code=0
              mongodrill fleet run "$FLEET" --task "$index" --records "$RECORDS" --progress plain || code=$?
              if [ "$code" = 75 ] || [ "$code" = 137 ]; then worst=75; elif [ "$code" != 0 ] && [ "$worst" != 75 ]; then worst=$code; fi
            done
            exit "$worst"
      \(isShared ? "" : """
          artifacts:
            when: always
            paths: [records]
            expire_in: 2 years

        """)
      report:
        extends: .fleet
        stage: report
        rules:
          - if: $CI_PIPELINE_SOURCE == "schedule"
            when: always
        timeout: 30 minutes
        script:
          - mongodrill fleet report "$RECORDS" --round "$MONGODRILL_ROUND" --format markdown

      """
    return (
      [File(name: "fleet.gitlab-ci.yml", text: text)],
      [
        "The runners tagged `backups` mount \(setting.readOnly.joined(separator: ", ")) read-only, run as a user who may do "
          + "nothing else, and bound a job: \(sizes.mebibytes) MiB of memory and \(sizes.cores) cores for the largest system"
          + (setting.inMemory ? ", with a tmpfs of \(sizes.diskMebibytes) MiB at /var/tmp." : "."),
        "The report job's exit status is the gate.",
      ]
    )
  }
}
