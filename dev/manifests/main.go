// Checks manifests and compose files by the programs' own code, where neither a cluster nor Docker is at hand.
//
//	manifests kubernetes <MANIFESTS   holds them against the API of Kubernetes, as its server does before it stores one,
//	                                  and pods against the Pod Security Standard "restricted"
//	manifests compose FILE [PROFILE]  reads a compose file as Docker does, and prints it as JSON with all filled in
//
// Prints one line for each problem, and exits with 1 where there is one.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corev1conversion "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	podsecurity "k8s.io/pod-security-admission/api"
	podsecuritypolicy "k8s.io/pod-security-admission/policy"
)

func main() {
	var problems []string
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "kubernetes":
		problems, err = checkManifests(os.Stdin)
	case len(os.Args) > 2 && os.Args[1] == "compose":
		err = printCompose(os.Args[2], os.Args[3:])
	default:
		err = errors.New("usage: manifests kubernetes <MANIFESTS | manifests compose FILE [PROFILE...]")
	}
	if err != nil {
		problems = append(problems, err.Error())
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

func checkManifests(manifests io.Reader) ([]string, error) {
	evaluator, err := podsecuritypolicy.NewEvaluator(podsecuritypolicy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	decoder := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDecoder()
	reader := yaml.NewYAMLReader(bufio.NewReader(manifests))
	var problems []string
	for {
		document, err := reader.Read()
		if err == io.EOF {
			return problems, nil
		}
		if err != nil {
			return problems, err
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%v: %v", kind, err))
			continue
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			return problems, err
		}
		// As kubectl does.
		if accessor.GetNamespace() == "" {
			accessor.SetNamespace("default")
		}
		name := kind.Kind + " " + accessor.GetName()
		found, template := validate(object)
		for _, problem := range found {
			problems = append(problems, fmt.Sprintf("%s: %v", name, problem))
		}
		if template != nil {
			for _, problem := range checkPodSecurity(evaluator, template) {
				problems = append(problems, fmt.Sprintf("%s: %s", name, problem))
			}
		}
	}
}

// Returns the pods that the object makes, too, where it makes any.
func validate(object runtime.Object) (field.ErrorList, *core.PodTemplateSpec) {
	options := corevalidation.PodValidationOptions{}
	switch object := object.(type) {
	case *core.Pod:
		template := &core.PodTemplateSpec{ObjectMeta: object.ObjectMeta, Spec: object.Spec}
		return corevalidation.ValidatePodCreate(object, options), template
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(object, options), &object.Spec.Template
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(object, options), &object.Spec.Template
	case *batch.Job:
		// The server makes the selector; a template must not have one either.
		job := &batch.JobTemplateSpec{ObjectMeta: object.ObjectMeta, Spec: object.Spec}
		return batchvalidation.ValidateJobTemplateSpec(job, nil, options), &object.Spec.Template
	case *core.Service:
		// As the server does before it looks.
		if object.Spec.ClusterIP != "" && len(object.Spec.ClusterIPs) == 0 {
			object.Spec.ClusterIPs = []string{object.Spec.ClusterIP}
		}
		return corevalidation.ValidateServiceCreate(object), nil
	case *core.PersistentVolumeClaim:
		return corevalidation.ValidatePersistentVolumeClaim(object, corevalidation.PersistentVolumeClaimSpecValidationOptions{}), nil
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(object), nil
	case *core.Secret:
		return corevalidation.ValidateSecret(object), nil
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(object, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *autoscaling.HorizontalPodAutoscaler:
		return autoscalingvalidation.ValidateHorizontalPodAutoscaler(object, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{}), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(object, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	}
	return field.ErrorList{field.NotSupported(field.NewPath("kind"), fmt.Sprintf("%T", object), []string{"a kind that this program knows"})}, nil
}

func checkPodSecurity(evaluator podsecuritypolicy.Evaluator, template *core.PodTemplateSpec) []string {
	var spec corev1.PodSpec
	if err := corev1conversion.Convert_core_PodSpec_To_v1_PodSpec(&template.Spec, &spec, nil); err != nil {
		return []string{err.Error()}
	}
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	labels := metav1.ObjectMeta{Labels: template.Labels, Annotations: template.Annotations}
	var problems []string
	for _, result := range evaluator.EvaluatePod(level, &labels, &spec) {
		if !result.Allowed {
			problems = append(problems, "restricted: "+result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return problems
}

func printCompose(file string, profiles []string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithProfiles(profiles), cli.WithOsEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	json, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(json)
	return err
}
